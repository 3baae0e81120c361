"""The widgets of the customer face: large, upright or lying, with nothing left to decide."""
