"""Networks that predict a band or a spectrum directly."""
