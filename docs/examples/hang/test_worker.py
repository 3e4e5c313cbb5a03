import queue
import threading


def test_worker_takes_jobs():
    jobs = queue.SimpleQueue()
    worker = threading.Thread(target=work, args=(jobs,), name="worker")
    worker.start()
    jobs.put("resize")


def work(jobs):
    while True:
        jobs.get()
