"""What travels beside the exported models: labels, card, test vectors, snippets, and the replay of them."""
