"""Early warnings: figures that left their limits, each acknowledged, assigned and explained."""
