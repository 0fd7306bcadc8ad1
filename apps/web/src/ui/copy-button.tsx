'use client';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';

import { Button } from './button.tsx';

/** Copies a text; says so where everybody notices. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  const Icon = copied ? Check : Copy;
  return (
    <Button onClick={() => void copy().catch(() => setCopied(false))}>
      <Icon aria-hidden className="size-3.5" />
      <span aria-live="polite">{copied ? 'Copied' : label}</span>
    </Button>
  );
}
