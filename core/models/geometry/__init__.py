"""From a cheaper geometry of a molecule to the better one that the reference levels of QM9 stand on."""
