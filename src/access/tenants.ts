/** The tenant that every installation has, from its first migration. */
export const DEFAULT_TENANT = 1;
