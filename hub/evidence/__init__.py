"""What auditors take away: searches, samples and packs that can be checked without us."""
