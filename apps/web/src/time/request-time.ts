import { connection } from 'next/server';

/** The server's time when it answers this request; never one of the build. */
export async function requestTime(): Promise<number> {
  await connection();
  return Date.now();
}
