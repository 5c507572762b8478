"""Stories in which a chat model decides: a provider that can do anything wrong, and a judge of all that left for it."""
