// Makes the calls it is given with the JavaScript SDK and prints how each ended.
//
// stdin:  {"endpoint", "region", "calls": [{"service", "command", "input", "keys"}]}
// stdout: [{"ok": true, "output"} | {"name", "class", "is", "message", "status"}]
//         class: the constructor's name; is: the SDK's own exception classes it is an instance of
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as ec2 from "@aws-sdk/client-ec2";
import * as iam from "@aws-sdk/client-iam";
import * as s3 from "@aws-sdk/client-s3";
import * as secretsmanager from "@aws-sdk/client-secrets-manager";
import * as sts from "@aws-sdk/client-sts";
import { text } from "node:stream/consumers";

const packages = { dynamodb, ec2, iam, s3, secretsmanager, sts };
const clients = {
  dynamodb: "DynamoDBClient",
  ec2: "EC2Client",
  iam: "IAMClient",
  s3: "S3Client",
  secretsmanager: "SecretsManagerClient",
  sts: "STSClient",
};

function exceptionsOf(sdk, error) {
  return Object.entries(sdk)
    .filter(([, value]) => typeof value === "function" && value.prototype instanceof Error)
    .filter(([, value]) => error instanceof value)
    .map(([name]) => name);
}

const asked = JSON.parse(await text(process.stdin));
const answers = [];
for (const { service, command, input, keys } of asked.calls) {
  const sdk = packages[service];
  const client = new sdk[clients[service]]({
    endpoint: asked.endpoint,
    region: asked.region,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: {
      accessKeyId: keys.aws_access_key_id,
      secretAccessKey: keys.aws_secret_access_key,
      sessionToken: keys.aws_session_token ?? undefined,
    },
  });
  try {
    const { $metadata, Body, ...output } = await client.send(new sdk[command](input));
    answers.push({ ok: true, output });
  } catch (error) {
    answers.push({
      name: error.name,
      class: error.constructor.name,
      is: exceptionsOf(sdk, error),
      message: error.message,
      status: error.$metadata?.httpStatusCode,
    });
  }
}
console.log(JSON.stringify(answers));
