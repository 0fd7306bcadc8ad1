import type { Metadata } from 'next';

import { Prefetched } from '#api/prefetched.tsx';
import type { IdInput } from '#app/page-input.ts';
import { SecretPage } from '#secret/secret-page.tsx';
import { secretQuestion, timelineQuestion } from '#secret/secret-questions.ts';

export const metadata: Metadata = { title: 'Secret' };

export default async function Page({ params }: IdInput) {
  const { id } = await params;
  return (
    <Prefetched
      one={(api) => [secretQuestion(id, api)]}
      lists={(api) => [timelineQuestion(id, api)]}
    >
      <SecretPage id={id} />
    </Prefetched>
  );
}
