#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""recipes/kubernetes: the manifests are what the API takes, and pods that do what they say get one verdict.

The API's own objects are checked against the classes of Debian's python3-kubernetes, which are generated from Kubernetes' OpenAPI
description. Of the custom resources (JobSet v1alpha2, PyTorchJob v1, TrainJob and TrainingRuntime v1alpha1) the levels above the
pods are checked against the fields that their definitions have, and the pods as above.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

import jobs

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hosts
import nats
import tap
import watched

try:
    import yaml
    from kubernetes.client import models
except ImportError as error:
    models = None
    LACK_API = f"not installed: {error.name}"

RECIPES = watched.TREE / "recipes" / "kubernetes"
LACK = hosts.missing()

# The fields of each kind of object that the recipes use, down to what the API's own classes describe.
POD = "V1PodTemplateSpec"
REPLICAS = {"replicas": int, "restartPolicy": str, "template": POD}
JOBSET = {"failurePolicy": {"maxRestarts": int}, "network": {"enableDNSHostnames": bool, "publishNotReadyAddresses": bool, "subdomain": str},
          "replicatedJobs": [{"name": str, "replicas": int, "template": "V1JobTemplateSpec"}]}
FIELDS = {
    ("v1", "Service"): "V1Service",
    ("v1", "PersistentVolumeClaim"): "V1PersistentVolumeClaim",
    ("batch/v1", "Job"): "V1Job",
    ("apps/v1", "Deployment"): "V1Deployment",
    ("jobset.x-k8s.io/v1alpha2", "JobSet"): {"spec": JOBSET},
    ("kubeflow.org/v1", "PyTorchJob"): {"spec": {
        "nprocPerNode": str, "runPolicy": {"backoffLimit": int, "cleanPodPolicy": str},
        "pytorchReplicaSpecs": {"Master": REPLICAS, "Worker": REPLICAS}}},
    ("trainer.kubeflow.org/v1alpha1", "TrainingRuntime"): {"spec": {
        "mlPolicy": {"numNodes": int, "torch": {}}, "template": {"spec": JOBSET}}},
    ("trainer.kubeflow.org/v1alpha1", "TrainJob"): {"spec": {
        "runtimeRef": {"apiGroup": str, "kind": str, "name": str}, "trainer": {"image": str, "numNodes": int, "numProcPerNode": int}}},
}
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object, "datetime": str}


def check(value, what, where):
    """Whether VALUE has the form WHAT: a type, the fields of an object, [the form of elements], or a class of the API's by its name."""
    if isinstance(what, dict):
        known = what if where else {"apiVersion": str, "kind": str, "metadata": "V1ObjectMeta", **what}
        for name, field in value.items():
            if name not in known:
                raise ValueError(f"{where}.{name}: no such field")
            check(field, known[name], f"{where}.{name}")
    elif isinstance(what, list):
        for i, element in enumerate(value):
            check(element, what[0], f"{where}[{i}]")
    elif not isinstance(what, str):
        if not isinstance(value, what) or (what is int and isinstance(value, bool)):
            raise ValueError(f"{where}: {value!r} is no {what}")
    elif what.startswith("list["):
        check(value, [what[5:-1]], where)
    elif what.startswith("dict("):
        check(list(value.values()), [what[5:-1].split(", ")[1]], where)
    elif what in PLAIN:
        check(value, PLAIN[what], where)
    else:
        check_class(value, getattr(models, what), where)


def check_class(value, kind, where):
    names = {name: member for member, name in kind.attribute_map.items()}
    for name, field in value.items():
        if name not in names:
            raise ValueError(f"{where}.{name}: no such field")
        check(field, kind.openapi_types[names[name]], f"{where}.{name}")
    kind(**{names[name]: field for name, field in value.items()})  # refuses what lacks a field that must be there


def documents(name):
    return list(yaml.safe_load_all((RECIPES / name).read_text(encoding="utf-8")))


@unittest.skipIf(models is None, models is None and LACK_API)
class Manifests(unittest.TestCase):
    def test_every_object_has_the_fields_of_its_kind_alone(self):
        recipes = sorted(RECIPES.glob("*.yaml"))
        self.assertGreaterEqual(len(recipes), 5)
        for recipe in recipes:
            for document in documents(recipe.name):
                with self.subTest(recipe.name, kind=document["kind"]):
                    check(document, FIELDS[document["apiVersion"], document["kind"]], "")

    def test_a_field_that_does_not_exist_or_is_missing_is_found(self):
        service, job = documents("job.yaml")
        job["spec"]["template"]["spec"]["containers"][0]["volumeMount"] = []
        self.assertRaisesRegex(ValueError, "volumeMount: no such field", check, job, "V1Job", "")
        (jobset,) = documents("jobset.yaml")
        template = jobset["spec"]["replicatedJobs"][0]["template"]
        for wrong in ({"replica": 1}, {"replicas": "1"}):
            jobset["spec"]["replicatedJobs"] = [{"template": template, **wrong}]
            self.assertRaises(ValueError, check, jobset, FIELDS[jobset["apiVersion"], "JobSet"], "")
        del service["spec"]["selector"]
        service["spec"]["ports"] = [{"name": "x"}]
        self.assertRaises(ValueError, check, service, "V1Service", "")


# A pod's container, on a host. $1: the hostname, $2: /etc/hosts, $3: /dev; then SOURCE TARGET of each mount, --, and the command.
CONTAINER = r"""
set -e
hostname "$1"; mount --bind "$2" /etc/hosts
for name in null zero random urandom; do : >"$3/$name"; mount --bind /dev/$name "$3/$name"; done
mkdir -p "$3/shm"; mount --bind /dev/shm "$3/shm"; ln -sfn /proc/self/fd "$3/fd"
mount --rbind "$3" /dev
mount -t tmpfs tmpfs /opt; mount -t tmpfs tmpfs /mnt
shift 3
while [ "$1" != -- ]; do mkdir -p "$2"; mount --bind "$1" "$2"; shift 2; done
shift
exec "$@"
"""

# What the cluster adds: the labels and variables of pod number {i}, and its hostname.
TORCHRUN = {"PET_NNODES": "2", "PET_NPROC_PER_NODE": "2", "PET_NODE_RANK": "{i}", "PET_MASTER_PORT": "29500"}
CLUSTER = {
    "job-nats.yaml": ({"batch.kubernetes.io/job-name": "train"}, {"JOB_COMPLETION_INDEX": "{i}"}, ("train-0", "train-1")),
    "job.yaml": ({"batch.kubernetes.io/job-name": "train"}, {"JOB_COMPLETION_INDEX": "{i}"}, ("train-0", "train-1")),
    "jobset.yaml": ({"jobset.sigs.k8s.io/jobset-name": "train"}, {"JOB_COMPLETION_INDEX": "{i}"}, ("train-node-0-0", "train-node-0-1")),
    "pytorchjob.yaml": ({"training.kubeflow.org/job-name": "train"}, {**TORCHRUN, "PET_MASTER_ADDR": "train-master-0"},
                        ("train-master-0", "train-worker-0")),
    "trainjob.yaml": ({"jobset.sigs.k8s.io/jobset-name": "train"}, {**TORCHRUN, "PET_MASTER_ADDR": "train-node-0-0.train"},
                      ("train-node-0-0", "train-node-0-1")),
}
# The image's program under torchrun, and a launcher that does as torchrun does, in a tenth of the time.
PROGRAM = f"""
import runpy, sys
sys.path.insert(0, {str(jobs.PROGRAMS)!r})
sys.argv = ["train.py", "2", "fault"]
runpy.run_path({str(jobs.PROGRAMS / "train.py")!r}, run_name="__main__")
"""
QUICK = """#!/usr/bin/python3
import os, subprocess, sys
options = dict(word[2:].split("=") for word in sys.argv[1:-1])
node = int(options.get("node_rank") or os.environ["PET_NODE_RANK"])
ranks = [subprocess.Popen(["sh", "-c", "if [ $RANK = 2 ]; then kill -SEGV $$; fi; sleep 0.5; exit 1"],
                          env=dict(os.environ, RANK=str(2 * node + i), LOCAL_RANK=str(i), WORLD_SIZE="4", TORCHELASTIC_RUN_ID="none"))
         for i in (0, 1)]
sys.exit(any([rank.wait() for rank in ranks]))
"""


def pods_of(document):
    """The pod templates in DOCUMENT, in the order of the pods that are made of them; each may make several."""
    if isinstance(document, dict):
        if "containers" in document:
            return [document]
        document = document.values()
    return [pod for value in document if isinstance(value, (dict, list, type({}.values()))) for pod in pods_of(value)]


def expanded(words, variables):
    return [re.sub(r"\$\((\w+)\)", lambda name: variables.get(name[1], name[0]), word) for word in words]


@unittest.skipIf(LACK or models is None, LACK or "not installed: python3-kubernetes")
class Pods(watched.Case):
    def setUp(self):
        super().setUp()
        image = pathlib.Path(self.path("image"))
        (image / "lib" / "vigil").mkdir(parents=True)
        (image / "bin").mkdir()
        shutil.copy(watched.VIGIL, image / "bin")
        shutil.copy(watched.PRELOAD, image / "lib" / "vigil")
        os.mkdir(self.path("claim"))
        self.write("train.py", PROGRAM)
        os.mkdir(self.path("bin"))

    def launch_by(self, script):
        self.write("bin/torchrun", script)
        os.chmod(self.path("bin/torchrun"), 0o755)

    def launch_by_torchrun(self):
        if jobs.torch_lacks() is not None:
            self.skipTest(f"torchrun lacks {jobs.torch_lacks()}")
        # For the options see jobs.torchrun().
        self.launch_by(f'#!/bin/sh\nexec {jobs.TORCHRUN} --monitor_interval 0.1 -r 1 -t 1 --log_dir /tmp/logs "$@"\n')

    def container(self, host, number, spec, name, mounts, cluster):
        """Start the container SPEC of pod NUMBER on HOST, as a kubelet does."""
        labels, given, hostnames = cluster
        variables = {name: value.format(i=number) for name, value in given.items()}
        for variable in spec.get("env", ()):
            label = variable["valueFrom"]["fieldRef"]["fieldPath"].removeprefix("metadata.labels['").removesuffix("']")
            variables[variable["name"]] = labels[label]
        words = expanded(spec["command"] + spec.get("args", []), variables)
        dev = self.path(f"dev.{number}.{name}")
        os.mkdir(dev)
        pathlib.Path(dev, "termination-log").touch()
        places = [word for mount in spec["volumeMounts"] for word in (mounts[mount["name"]], mount["mountPath"])]
        environment = dict(jobs.environment(), PATH=self.path("bin") + ":" + os.environ["PATH"], GLOO_SOCKET_IFNAME="eth0",
                           KUBERNETES_SERVICE_HOST="10.0.0.1", **variables)
        del environment["MASTER_ADDR"], environment["MASTER_PORT"]
        if name == "init":
            places += [self.path("image"), "/opt/vigil"]
        with open(self.path(f"said.{number}"), "ab") as said:
            return host.popen("unshare", "--mount", "--uts", "sh", "-c", CONTAINER, "container", hostnames[number], self.path("hosts"), dev,
                              *places, "--", *words, cwd=self.directory, env=environment, stdout=said, stderr=said)

    def serve(self, host):
        """The NATS server of nats.yaml, on HOST, until the test ends."""
        deployment = documents("nats.yaml")[-1]
        (spec,) = pods_of(deployment)
        (container,) = spec["containers"]
        os.mkdir(self.path("data"))
        words = [word.replace("/data", self.path("data")) for word in container["args"]]
        with open(self.path("nats.log"), "wb") as log:
            server = host.popen(nats.PROGRAM, *words, stdout=log, stderr=log)
        for _ in range(300):
            if b"Server is ready" in pathlib.Path(self.path("nats.log")).read_bytes():
                return server
            time.sleep(0.05)
        self.fail(pathlib.Path(self.path("nats.log")).read_text(encoding="utf-8"))

    def play(self, recipe, served=False):
        """Two pods of RECIPE, each on a host of its own; their statuses, and if SERVED the report of a NATS server on the first."""
        cluster = CLUSTER[recipe]
        templates = pods_of(documents(recipe))
        with hosts.Hosts(2, [self.directory]) as machines:
            names = [f"{host.address} {name} {name}.train\n" for host, name in zip(machines, cluster[2])]
            self.write("hosts", f"127.0.0.1 localhost\n{machines[0].address} nats\n" + "".join(names))
            server = self.serve(machines[0]) if served else None
            running = []
            for number, host in enumerate(machines):
                pod = templates[min(number, len(templates) - 1)]
                mounts = {volume["name"]: self.path("claim") if "persistentVolumeClaim" in volume else self.path(f"{volume['name']}.{number}")
                          for volume in pod["volumes"]}
                for place in mounts.values():
                    os.makedirs(place, exist_ok=True)
                self.assertEqual(self.container(host, number, pod["initContainers"][0], "init", mounts, cluster).wait(60), 0)
                running.append(self.container(host, number, pod["containers"][0], "main", mounts, cluster))
            statuses = [process.wait(120) for process in running]
            if not served:
                return statuses, self.vigil("report", "--json", "claim/train").stdout
            reader = machines[1].popen(watched.VIGIL, "report", "--json", f"nats://{machines[0].address}:4222/train", stdout=subprocess.PIPE)
            said = reader.communicate(timeout=60)[0]
            server.terminate()
            server.wait()
            return statuses, said

    def judge(self, recipe, served=False):
        statuses, report = self.play(recipe, served)
        said = [pathlib.Path(self.path(f"said.{i}")).read_text(encoding="utf-8", errors="replace") for i in (0, 1)]
        self.assertEqual(statuses, [1, 1], "\n".join(said)[-3000:])
        report = json.loads(report)
        attempt = report["attempts"][-1]
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["cause"], len(attempt["ranks"])), (2, "fault", 4))
        self.assertEqual(len(report["monitors"]), 2)
        for number in (0, 1):
            with open(self.path(f"dev.{number}.main", "termination-log"), encoding="utf-8") as file:
                self.assertRegex(file.read(), r"\Avigil: job train failed after .*: rank 2 failed first .*\n\Z")

    def test_the_pods_of_an_indexed_job(self):
        self.launch_by_torchrun()
        self.judge("job.yaml")

    def test_pods_that_share_no_directory(self):
        if nats.missing():
            self.skipTest(nats.missing())
        self.launch_by(QUICK)
        self.judge("job-nats.yaml", served=True)
        self.assertEqual(os.listdir(self.path("claim")), [])

    def test_the_pods_of_a_jobset(self):
        self.launch_by(QUICK)
        self.judge("jobset.yaml")

    def test_the_pods_of_a_pytorchjob(self):
        self.launch_by(QUICK)
        self.judge("pytorchjob.yaml")

    def test_the_pods_of_a_trainjob(self):
        self.launch_by(QUICK)
        self.judge("trainjob.yaml")


if __name__ == "__main__":
    tap.main()
