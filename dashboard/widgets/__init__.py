"""What several pages share: controls, tables, downloads, inputs, viewers."""
