/** The version of this service, as package.json says. */
export const version = '0.1.0';
