import type { FrontDoorRule } from '@lockstep/service';

/** The page that leads to the documentation of each service. */
export function renderDocsPage(services: readonly string[], rules: readonly FrontDoorRule[]): string {
  const cards = services.map((service) => {
    const paths = rules.filter((rule) => rule.service === service && !rule.path.startsWith('/api/docs/'));
    const items = paths.map(({ path, itself }) => `<li><code>${path}${itself ? '' : '/…'}</code></li>`).join('');
    return `<section class="card"><h2><a href="/api/docs/${service}">${service}</a></h2><ul class="paths">${items}</ul></section>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lockstep: interfaces</title>
<link rel="stylesheet" href="/status.css">
</head>
<body>
<header><h1><a href="/">Lockstep</a></h1><p>The interfaces of the services; <a href="/api/docs-json">all in one OpenAPI document</a></p></header>
<main class="grid">${cards.join('')}</main>
</body>
</html>
`;
}
