"""One file a screen: built once, shows a View, emits intents."""
