"""What the decoder knows of each format, of colours, of sizes and of memory; ``data.decoder`` puts it together."""
