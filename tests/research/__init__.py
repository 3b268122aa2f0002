"""What only the authors run: long studies behind the tables, shipping weights, making samples, sheets for readers."""
