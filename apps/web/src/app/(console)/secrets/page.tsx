import type { Metadata } from 'next';

import { Prefetched } from '#api/prefetched.tsx';
import type { SearchInput } from '#app/page-input.ts';
import { loadSecretFilters, secretQuery } from '#secret/secret-filters.ts';
import { secretsQuestion } from '#secret/secret-questions.ts';
import { SecretsPage } from '#secret/secrets-page.tsx';

export const metadata: Metadata = { title: 'Secrets' };

export default async function Page({ searchParams }: SearchInput) {
  const query = secretQuery(await loadSecretFilters(searchParams));
  return (
    <Prefetched lists={(api) => [secretsQuestion(query, api)]}>
      <SecretsPage />
    </Prefetched>
  );
}
