import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import fastifyStatic from "@fastify/static";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance } from "fastify";
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { Logger } from "pino";
import { parseJson } from "../../devices/json.ts";
import { createLogin } from "../access/login.ts";
import { demand } from "../access/policy.ts";
import type { RunningCore } from "../center/center.ts";
import type { Config } from "../config.ts";
import { faultsOf, linesOf } from "../domain/faults.ts";
import { Problem } from "../domain/problem.ts";
import { SECOND } from "../domain/time.ts";
import type { Following } from "../influx/following.ts";
import type { BrokerCounters } from "../ingest/embedded-broker.ts";
import type { HttpDoor } from "../ingest/http/http-door.ts";
import { parseNetworks } from "../ingest/networks.ts";
import type { TcpCounters } from "../ingest/tcp/tcp-door.ts";
import type { Outputs } from "../outputs/outputs.ts";
import type { Reports } from "../reports/keeper.ts";
import type { ReportMail } from "../reports/mail.ts";
import type { ReportRenderer } from "../reports/renderer.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import type { StreamCounters } from "../stream/connection.ts";
import { registerAlerts } from "./alerts.ts";
import { asyncApi } from "./async-api.ts";
import { mapOrigins, registerConsole } from "./console.ts";
import { registerCoverage } from "./coverage.ts";
import { registerDevices } from "./devices.ts";
import { registerDistrict } from "./district.ts";
import { registerExports } from "./exports.ts";
import { registerForecasts } from "./forecasts.ts";
import { registerHandovers } from "./handovers.ts";
import { registerHistory } from "./history.ts";
import { registerInflux } from "./influx.ts";
import { registerIngest } from "./ingest.ts";
import { registerKpis } from "./kpis.ts";
import { registerMappings } from "./mappings.ts";
import { registerNgsi } from "./ngsi.ts";
import { registerObservability } from "./observability.ts";
import { registerOperations } from "./operations.ts";
import { registerOutputs } from "./outputs.ts";
import { registerOutsideFigures } from "./outside-figures.ts";
import { registerOwnData } from "./own-data.ts";
import { registerPeople } from "./people.ts";
import { registerPictures, registerReferencePictures } from "./pictures.ts";
import { registerRecords } from "./records.ts";
import { registerRegistry } from "./registry.ts";
import { registerReports } from "./reports.ts";
import { type Api, needs } from "./route.ts";
import { registerRules } from "./rules.ts";
import { registerSigning } from "./signing.ts";
import { registerSweeps } from "./sweeps.ts";
import { registerWalls } from "./walls.ts";
import { registerWaste } from "./waste.ts";
import { registerWorkHistory } from "./work-history.ts";

export interface ApiParts {
  readonly center: RunningCore;
  readonly config: Config;
  readonly logger: Logger;
  readonly broker: BrokerCounters;
  /** What is pushed by HTTP. */
  readonly pushed: HttpDoor;
  /** Of the TCP doors that are open, by name. */
  readonly tcp: ReadonlyMap<string, TcpCounters>;
  readonly outputs: Outputs;
  readonly reports: Reports;
  readonly renderer: ReportRenderer;
  readonly stream: StreamCounters;
  readonly snapshots: Snapshots["counts"];
  /** Null when nobody gets reports by mail. */
  readonly reportMail: ReportMail["counts"] | null;
  readonly following: Following | null;
}

const CONSOLE = fileURLToPath(new URL("../../dist/console", import.meta.url));
const UNBUILT = "The pages are not built yet: run `npm run build` (npm start and npm run demo do it by themselves).\n";

/** REST, its description, health, metrics and the pages. Not listening yet. */
export async function createApi({
  center,
  config,
  logger,
  broker,
  pushed,
  tcp,
  outputs,
  reports,
  renderer,
  stream,
  snapshots,
  reportMail,
  following,
}: ApiParts): Promise<Api> {
  const app = Fastify({
    loggerInstance: logger.child({}, { redact: ["req.headers.authorization"] }) as FastifyBaseLogger,
    logController: new Fastify.LogController({ disableRequestLogging: true }),
    bodyLimit: config.HTTP_BODY_BYTES,
    requestTimeout: config.HTTP_REQUEST_SECONDS * SECOND,
    keepAliveTimeout: config.HTTP_KEEPALIVE_SECONDS * SECOND,
    trustProxy: parseNetworks(config.HTTP_TRUSTED_PROXIES) ?? false,
    routerOptions: { maxParamLength: 256 },
    http: { maxHeaderSize: config.HTTP_HEADER_BYTES, headersTimeout: config.HTTP_HEADER_SECONDS * SECOND },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest("token", null);

  app.setErrorHandler((error: FastifyError | Problem, request, reply) => {
    const problem = asProblem(error);
    if (problem.status >= 500) logger.error({ err: error, url: request.url.split("?")[0] }, "a request failed");
    return reply
      .code(problem.status)
      .type("application/problem+json")
      .send({
        type: "about:blank",
        title: TITLES[problem.status] ?? "Error",
        status: problem.status,
        code: problem.code,
        detail: problem.message,
        ...problem.extra,
      });
  });
  app.setNotFoundHandler((request) => {
    throw new Problem(404, "notFound", `there is nothing at ${request.method} ${request.url.slice(0, 200)}`);
  });

  app.addHook("onRequest", async (request) => {
    if (request.url.length > config.HTTP_URL_BYTES) throw new Problem(414, "urlTooLong", "the address is too long");
    const [scheme, secret] = (request.headers.authorization ?? "").split(" ");
    if (scheme?.toLowerCase() === "bearer" && secret) request.token = center.tokens.verify(secret, center.clock.now());
    const { permission } = request.routeOptions.config;
    if (permission) demand(permission, request.token);
    const { token } = request;
    if (!token?.session) return;
    // Reading alone keeps no session alive: pages read by themselves.
    if (request.method !== "GET") center.tokens.touch(token.id, center.clock.now());
    if (
      token.session.mustChangePassword &&
      permission !== "self" &&
      permission !== "public" &&
      permission !== "logIn"
    ) {
      throw new Problem(403, "passwordMustChange", "change the password first: PUT /api/v1/session/password");
    }
  });

  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:", "blob:", ...mapOrigins(config)],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        workerSrc: ["'self'", "blob:"],
        connectSrc: ["'self'", "ws:", "wss:", ...mapOrigins(config)],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Encryption is the proxy's business in front of us.
    strictTransportSecurity: false,
  });
  await app.register(rateLimit, {
    timeWindow: SECOND,
    max: (request) => (request.token ? config.HTTP_REQUESTS_PER_SECOND : config.HTTP_ANONYMOUS_REQUESTS_PER_SECOND),
    keyGenerator: (request) => request.token?.id ?? request.ip,
    // Pages, supervisors and Prometheus come in bursts of small files.
    allowList: (request) => request.routeOptions.config.permission === "public" || !request.url.startsWith("/api/"),
    errorResponseBuilder: (_request, { after }) =>
      new Problem(429, "tooMany", `too many requests; try again in ${after}`),
  });
  // Depth is bounded before anything is built: a bomb costs a scan. Numbers of keys are bounded by the size of the body.
  const jsonLimits = { jsonDepth: config.JSON_DEPTH, jsonKeys: Infinity, jsonStringBytes: config.HTTP_BODY_BYTES };
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const parsed = parseJson(body as Buffer, jsonLimits);
    if ("refused" in parsed) done(new Problem(400, "invalid", parsed.refused.detail));
    else done(null, parsed.value);
  });
  app.addContentTypeParser("text/csv", { parseAs: "string" }, (_request, body, done) => done(null, body));
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Kerbside",
        version: "1",
        description: "The operations center of an urban sanitation department.",
      },
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
      security: [{ bearer: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.addHook("onRoute", (route) => {
    const own = route.url.startsWith("/api/v1");
    if (own && !route.config?.permission) throw new Error(`${String(route.method)} ${route.url} names no permission`);
  });
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });

  const api = app as unknown as Api;
  await app.register(
    async (scoped) => {
      const parts = { center, config };
      registerConsole(scoped as unknown as Api, parts);
      const login = createLogin(center, config);
      registerDevices(scoped as unknown as Api, parts);
      registerDistrict(scoped as unknown as Api, parts);
      registerOwnData(scoped as unknown as Api, parts);
      registerExports(scoped as unknown as Api, { ...parts, outputs });
      registerHistory(scoped as unknown as Api, parts);
      registerForecasts(scoped as unknown as Api, parts);
      registerKpis(scoped as unknown as Api, parts);
      registerOutsideFigures(scoped as unknown as Api, parts);
      registerOperations(scoped as unknown as Api, parts);
      registerWorkHistory(scoped as unknown as Api, parts);
      registerCoverage(scoped as unknown as Api, parts);
      registerWaste(scoped as unknown as Api, parts);
      registerSweeps(scoped as unknown as Api, parts);
      registerReports(scoped as unknown as Api, { ...parts, reports, renderer });
      registerAlerts(scoped as unknown as Api, parts);
      registerPictures(scoped as unknown as Api, parts);
      registerReferencePictures(scoped as unknown as Api, parts);
      registerPeople(scoped as unknown as Api, { ...parts, login });
      registerHandovers(scoped as unknown as Api, { ...parts, login });
      registerRecords(scoped as unknown as Api, parts);
      registerInflux(scoped as unknown as Api, { ...parts, following });
      registerRules(scoped as unknown as Api, parts);
      registerWalls(scoped as unknown as Api, { ...parts, stream });
      registerRegistry(scoped as unknown as Api, parts);
      registerSigning(scoped as unknown as Api, parts, pushed);
      registerMappings(scoped as unknown as Api, parts);
      registerOutputs(scoped as unknown as Api, outputs);
    },
    { prefix: "/api/v1" },
  );
  await registerIngest(app as unknown as FastifyInstance, { center, config, door: pushed });
  registerNgsi(api, { center, config, outputs });
  registerObservability(app as unknown as FastifyInstance, {
    center,
    broker,
    pushed: pushed.counters,
    tcp,
    outputs,
    stream,
    snapshots,
    reportMail,
    following,
  });
  app.get("/openapi.json", { config: needs("public"), schema: { hide: true } }, async () => app.swagger());
  app.get("/asyncapi.json", { config: needs("public"), schema: { hide: true } }, async () => asyncApi());

  if (existsSync(CONSOLE)) {
    await app.register(fastifyStatic, {
      root: CONSOLE,
      index: "index.html",
      maxAge: "1y",
      immutable: true,
      cacheControl: true,
    });
    for (const page of ["desk", "crew"]) {
      app.get(`/${page}`, { config: needs("public"), schema: { hide: true } }, (_request, reply) =>
        reply.sendFile(`${page}.html`, { maxAge: 0, immutable: false }),
      );
    }
  } else {
    for (const url of ["/", "/desk", "/crew"]) {
      app.get(url, { config: needs("public"), schema: { hide: true } }, (_request, reply) =>
        reply.code(503).type("text/plain").send(UNBUILT),
      );
    }
  }
  await app.ready();
  return api;
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** What fastify says of a request that does not fit; `params` is what zod said besides. */
interface ValidationIssue {
  readonly instancePath?: string;
  readonly message?: string;
  readonly params?: { readonly errors?: Parameters<typeof faultsOf>[0]["issues"][number]["errors"] };
}

/** What went wrong, as its receiver may know it: our own words, never a stack or a query. */
function asProblem(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error;
  const issues = (error as { validation?: ValidationIssue[] }).validation;
  if (issues) {
    const told = issues.slice(0, 20).map(({ instancePath = "", message = "does not fit", params }) => ({
      path: instancePath.split("/").filter((part) => part !== ""),
      message,
      errors: params?.errors,
    }));
    const errors = faultsOf({ issues: told }, "body");
    return new Problem(400, "invalid", linesOf(errors).join("; "), { errors });
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) return new Problem(500, "internal", "something went wrong here; the log knows more");
  return new Problem(status, error.code ?? "invalid", error.message);
}
