import { countKeys, countRegionVisits } from "../model/index.ts";
import type { Profile } from "../profile/index.ts";
import type { BeforeUpdate, Recording } from "../recording/index.ts";
import { isScattered } from "./accuracy.ts";
import { configOf, countsOf, hostRamBytes } from "./config.ts";
import type { Placement } from "./placements.ts";

/** What the times of an update depend on, as far as it is known before. */
export interface UpdateDrivers {
  readonly cpuCount: number;
  readonly nodeCount: number;
  readonly ramBytes: number;
  readonly sessionCount: number;
  readonly fileCount: number;
  readonly folioCount: number;
  /** Keys of the preserved set, the runs that they form, and what the new kernel steps over to reserve them. */
  readonly keyCount: number;
  readonly regionCount: number;
  readonly regionVisitCount: number;
  /** 4 KiB pages that preserving moves out of scratch. */
  readonly movedPages: number;
  /** Memory of the loaded kexec image, and the initrd in it. */
  readonly imageBytes: number;
  readonly initrdBytes: number;
  /** The workload's arguments with its defaults, then the other words of the command line, sorted. */
  readonly workload: string;
  readonly scattered: boolean;
  readonly traced: boolean;
  /** The profile was fitted to this very recording. */
  readonly fitted: boolean;
}

/** Words that the workload's own arguments stand for, and the one that tells the second kernel from the first. */
const workloadWords = /^lab\.(sessions|files|mb|thp|touch|trace|stage)=/;

/** Equal texts are the same update, whatever the kernels. */
function describeWorkload({ workload, host }: BeforeUpdate): string {
  const { sessions, files, fileMib, thp, touchPercent, traced } = workload;
  const own = `sessions=${sessions} files=${files} mb=${fileMib} thp=${thp} touch=${touchPercent}`;
  const words = (host.commandLine ?? "").split(/\s+/).filter((word) => word !== "" && !workloadWords.test(word));
  return [own, ...(traced ? ["trace=1"] : []), ...words.sort()].join(" ");
}

/** What an update that lies as `placement` says is paid by. */
export function driversOf(
  before: BeforeUpdate,
  placement: Placement,
  { recording, profile }: { recording: Recording; profile: Profile },
): UpdateDrivers {
  const { host, payload, workload } = before;
  const { files, keys } = placement;
  const { image } = countsOf(before, configOf(before), placement);
  return {
    cpuCount: host.cpuCount ?? 1,
    nodeCount: host.nodeCount ?? 1,
    ramBytes: hostRamBytes(before),
    sessionCount: workload.sessions,
    fileCount: workload.sessions * workload.files,
    folioCount: files.reduce((sum, file) => sum + file.folioCount, 0),
    keyCount: countKeys(keys),
    regionCount: keys.length,
    regionVisitCount: placement.regionVisitCount ?? countRegionVisits(keys),
    movedPages: files.reduce((sum, file) => sum + file.migratedPageCount, 0),
    imageBytes: image.imageBytes,
    initrdBytes: payload.initrdBytes,
    workload: describeWorkload(before),
    scattered: isScattered({ keys }),
    traced: workload.traced,
    fitted: profile.data.recordings?.some(({ sha256 }) => sha256 === recording.sha256) ?? false,
  };
}
