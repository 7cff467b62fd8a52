/* cmocka wants it included first; nothing of it exists here, or is used. */
