"""Named seasons, such as the heating season: periods that return every year and may cross its end."""
