"""The commercial dashboard: pages of the published tables. It computes no metric; what it shows stands in them."""
