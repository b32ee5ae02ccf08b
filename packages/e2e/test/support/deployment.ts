import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The names and files in the deployment of a repository: Compose, the Dockerfile and nginx. */
export function deploymentOf(root: string) {
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  const compose = read('docker-compose.yml');
  const dockerfiles = [...new Set(all(compose, /^ +dockerfile: (.+)$/gm))];
  const builds = dockerfiles.map((file) => (existsSync(join(root, file)) ? read(file) : '')).join('\n');
  const configs = readdirSync(join(root, 'nginx')).filter((name) => name.endsWith('.conf'));
  const nginx = configs.map((name) => read(`nginx/${name}`)).join('\n');
  const services = all(compose, /\bSERVICE: ([\w-]+)/g);
  const programs = [...all(compose, /\[node, dist\/([\w-]+)\.js/g), ...all(builds, /"dist\/([\w-]+)\.js"/g)];
  const files = [
    ...dockerfiles,
    ...all(compose, /^ +- \.\/([^:]+):/gm),
    ...all(builds, /^COPY (?!--from)(.+) \S+$/gm).flatMap((sources) => sources.split(' ')),
    ...all(nginx, /^\s*include ([\w.-]+);/gm).map((name) => `nginx/${name}`),
    ...all(nginx, /^\s*root \/etc\/(nginx\/.+);/gm),
  ];
  return {
    names: {
      project: all(compose, /^name: (.+)$/gm),
      services,
      images: [...new Set(all(compose, /_IMAGE:-([\w-]+)\}/g))],
      npmScopes: [...new Set(all(builds, /@([\w-]+)\//g))],
    },
    files: [...new Set(files)],
    programs,
    missing: [
      ...files.filter((file) => !existsSync(join(root, file))),
      ...programs.filter((name) =>
        services.every((service) => !existsSync(join(root, `services/${service}/src/${name}.ts`))),
      ),
    ],
  };
}

/** Returns the first group of each match. */
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, group = '']) => group);
