/** Where the API is, as this server reaches it. Read at run time: one build serves every place. */
export function apiUrl(): string {
  const { VESTIGE_API_URL, VESTIGE_API_PORT } = process.env;
  return VESTIGE_API_URL ?? `http://127.0.0.1:${VESTIGE_API_PORT ?? '4000'}`;
}

export const isDevelopment = process.env.NODE_ENV === 'development';
