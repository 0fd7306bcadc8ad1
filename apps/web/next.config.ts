import type { NextConfig } from 'next';

/** Nothing of the environment is baked in at build time: where the API is, is read when the server starts. */
const config: NextConfig = {
  transpilePackages: ['@vestige/contract'],
  images: { unoptimized: true },
  poweredByHeader: false,
  devIndicators: false,
  agentRules: false,
  experimental: { agentUpgrade: false },
};

export default config;
