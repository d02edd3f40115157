import { PolicyPack } from "@pulumi/policy";
import { packArgs } from "../../shared/pack.ts";
import { encryption } from "./pack.ts";

new PolicyPack(encryption.name, packArgs(encryption));
