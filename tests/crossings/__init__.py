"""Commands that cross each other, a halt and the loss of the lease, at every step of what is being carried out."""
