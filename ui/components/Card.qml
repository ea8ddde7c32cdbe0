// A white card under things that belong together.
pragma ComponentBehavior: Bound
import QtQuick

Rectangle {
    color: Theme.card
    radius: Theme.radius
    border.color: Theme.line
    border.width: Theme.highContrast ? 2 : 1
}
