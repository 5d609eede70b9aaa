"""Did a measure work: before and after with a group it does not reach, or the course of a series."""
