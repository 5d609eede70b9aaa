"""What people wrote: the comments, the words that grew, topics by hand and by a trained classifier."""
