// 好差评: five faces, nothing chosen beforehand, skipping as easy as rating.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property var levels: view.levels || []
    leave: false
    span: true
    Grid {
        id: grid
        y: page.low
        width: parent.width
        columns: Theme.wide ? Math.max(1, page.levels.length) : 1
        spacing: Theme.wide || Theme.lowered ? 24 : Theme.gap
        readonly property int room: parent.height - y
        readonly property real each: Theme.wide ? Math.min(420, room) : Math.min(176, Math.floor((room - 4 * spacing) / 5))
        Repeater {
            model: page.levels
            OptionButton {
                required property var modelData
                objectName: modelData.key
                width: (grid.width - (grid.columns - 1) * grid.spacing) / grid.columns
                height: grid.each
                shape: Theme.wide ? "face" : "line"
                title: modelData.title
                iconName: "face-" + modelData.key
                onClicked: Bridge.answer(modelData.key)
            }
        }
    }
    foot: PushButton {
        objectName: "skip"
        anchors.right: parent.right
        width: Math.max(implicitWidth, 320)
        text: page.view.skip || ""
        onClicked: Bridge.answer("skip")
    }
}
