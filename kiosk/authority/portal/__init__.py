"""The pages where shoppers meet the authority: the hosted payment page and the balance page. No script is needed for anything."""
