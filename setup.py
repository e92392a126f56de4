"""What a wheel carries.

The rest of the project's facts are in pyproject.toml, which can either find packages or name one that lies elsewhere,
and not both.
"""

from setuptools import find_namespace_packages, setup

ASSETS = "eigenscope_assets"  # `core.assets` finds the folder by this name where there is no checkout
INCLUDED = ["core", "core.*", "dashboard", "dashboard.*"]

setup(
    packages=[
        *find_namespace_packages(include=["core", "core.*", "dashboard", "dashboard.*"], exclude=["*.__pycache__"]),
        ASSETS,
    ],
    py_modules=["eigenscope"],
    package_dir={ASSETS: "assets"},
    include_package_data=False,
    package_data={
        "dashboard": ["icon.png", "page_style.css", ".streamlit/config.toml"],
        ASSETS: [
            "models/*/*.json",
            "models/*/*.safetensors",
            "geometry/*",
            "geometry/*/*",
            "libraries/*",
            "examples/*",
            "examples/measured/*",
            "comparison/*",
            "hamiltonian/*.md",
            "hamiltonian/references/*",
            "hamiltonian/fits/*",
            "structure/*",
            "spectrum/*",
            "reference/*.txt",  # which molecules are never trained on; the labels themselves stay in the repository
        ],
    },
)
