"""What a receipt says and how it is laid out, independent of any printer: documents, layout, words and pictures."""
