"""What a user names → samples: folders, lists, DataFrames and files of signals, and which of them are classes, parts or neither."""
