/** The mark: three traces of a key, the last one fading. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden className={className} fill="none" stroke="currentColor">
      <path d="M4 5l8 15" strokeWidth="3" strokeLinecap="round" />
      <path d="M12 20l3.2-6" strokeWidth="3" strokeLinecap="round" opacity="0.65" />
      <path d="M17.4 9.9l.9-1.7" strokeWidth="3" strokeLinecap="round" opacity="0.4" />
      <path d="M20 5h0" strokeWidth="3" strokeLinecap="round" opacity="0.25" />
    </svg>
  );
}
