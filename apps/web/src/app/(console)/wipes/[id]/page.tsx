import type { Metadata } from 'next';

import { Prefetched } from '#api/prefetched.tsx';
import type { IdInput } from '#app/page-input.ts';
import { WipePage } from '#wipe/wipe-page.tsx';
import { targetsQuestion, wipeQuestion } from '#wipe/wipe-questions.ts';

export const metadata: Metadata = { title: 'Wipe order' };

export default async function Page({ params }: IdInput) {
  const { id } = await params;
  return (
    <Prefetched one={(api) => [wipeQuestion(id, api)]} lists={(api) => [targetsQuestion(id, api)]}>
      <WipePage id={id} />
    </Prefetched>
  );
}
