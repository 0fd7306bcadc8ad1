/** Under this key a handler's endpoint is found. */
export const endpointKey = 'vestige:endpoint';
