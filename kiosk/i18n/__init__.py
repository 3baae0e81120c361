"""Words for people: catalogues, sentences for enums, amounts and dates as text. Nothing else in the product makes text."""
