export { ConfigError, readConfig, type Config } from './config.ts';
export { startService, type Service } from './service.ts';
