"""The model check of intent, lease and kill: every state within a scope, and a counterexample for every part left out."""
