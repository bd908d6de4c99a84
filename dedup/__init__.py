"""Has somebody said this before? Pure functions over texts: no database, no network, no clock."""
