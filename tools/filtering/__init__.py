"""Hard preferences as masks, receipts, relaxation."""
