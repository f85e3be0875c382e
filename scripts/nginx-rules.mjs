/** The front door's rules as nginx reads them; docker/front-door/nginx.conf holds what does not depend on the routes. */

/** Where each service listens, in a container of its own. */
const PORT = 3000;

/**
 * Locations for `frontDoorRules()`. Services are addressed by variables: nginx then asks for their addresses while it runs,
 * and neither needs them at its start nor keeps those of containers that are gone.
 */
export function renderNginxRules(rules) {
  const services = [...new Set(rules.map(({ service }) => service))].sort();
  const lines = [
    '# Written by `npm run gen` from the routes of the services: whatever is changed here is lost.',
    ...services.map((service) => `set ${variable(service)} http://${service}:${PORT};`),
    '',
    ...rules.flatMap((rule) => locations(rule, rules)),
    '',
    ...services.map((service) =>
      exactly(`/health/ready/${service}`, `rewrite ^ /health/ready break; ${pass(service)}`),
    ),
    '',
    exactly('/api/docs', `default_type text/html; return 200 '${docsPage(services)}';`),
  ];
  return `${lines.join('\n')}\n`;
}

/** `findRule` of libs/service in nginx's words: an exact location comes before a prefix, the longest prefix before others. */
function locations({ path, itself, below, service }, rules) {
  const found = [];
  if (itself) found.push(exactly(path, pass(service)));
  // Below takes the slash at the end with it, unless that is the path itself of somebody else.
  if (itself && !below) found.push(exactly(`${path}/`, pass(service)));
  if (below) found.push(`location ^~ ${path}/ { ${pass(service)} }`);
  // Else nginx would send a client from the path, which nobody serves, to the one with a slash.
  const hasOwner = rules.some((rule) => rule.path === path && rule.itself);
  if (below && !hasOwner) found.push(exactly(path, 'return 404;'), exactly(`${path}/`, 'return 404;'));
  return found;
}

function exactly(path, directives) {
  return `location = ${path} { ${directives} }`;
}

function pass(service) {
  return `proxy_pass ${variable(service)};`;
}

/** With a beginning of its own: `$connection` is a variable of nginx. */
function variable(service) {
  return `$at_${service.replaceAll('-', '_')}`;
}

function docsPage(services) {
  const items = services.map((service) => `<li><a href="/api/docs/${service}">${service}</a></li>`);
  return `<!doctype html><html lang="en"><title>Lockstep: interfaces</title><ul>${items.join('')}</ul></html>`;
}
