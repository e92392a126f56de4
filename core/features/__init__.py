"""Representations: geometries in, vectors of fixed length out."""
