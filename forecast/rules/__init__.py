"""The law: frozen rules and the exact reference count. Standard library only; integers and fractions."""
