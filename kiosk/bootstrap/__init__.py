"""The composition root of a terminal: settings in, a started machine out. The one room that knows all the others."""
