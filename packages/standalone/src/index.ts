export { type StandaloneConfig, StandaloneConfigSchema } from './config.ts';
