"""One command a claim of speed; each prints ratios against a baseline of the same run."""
