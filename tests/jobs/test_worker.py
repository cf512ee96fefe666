"""Who is alive is known from the kernel."""

from idolens.jobs.worker import Worker


def test_a_worker_lives_until_it_closes(tmp_path):
    """Others, and it itself, see it alive for as long as it is open."""
    one, two = Worker(tmp_path), Worker(tmp_path)
    assert one.id != two.id
    assert one.lives(one.id)
    assert one.lives(two.id)

    two.close()
    assert not one.lives(two.id)
    one.close()


def test_nobody_lives_under_an_unknown_name(tmp_path):
    """An id that never was, or was long ago, is dead."""
    worker = Worker(tmp_path)

    assert not worker.lives("nobody")
    assert not worker.lives("")
    worker.close()


def test_only_the_dead_are_buried(tmp_path):
    """A file without a lock is what a killed process leaves."""
    worker, other = Worker(tmp_path), Worker(tmp_path)
    (tmp_path / "gone.worker").touch()

    assert worker.bury() == ["gone"]
    assert worker.lives(other.id)
    assert worker.bury() == []
    worker.close()
    other.close()
